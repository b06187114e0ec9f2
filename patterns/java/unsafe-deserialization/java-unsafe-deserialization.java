package imports;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.thoughtworks.xstream.XStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.beans.XMLDecoder;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.ObjectInputStream;
import java.util.Base64;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

class SessionServlet extends HttpServlet {
  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // ruleid: java-unsafe-deserialization
    ObjectInputStream direct = new ObjectInputStream(request.getInputStream());
    Object cart = direct.readObject();

    byte[] bytes = Base64.getDecoder().decode(request.getParameter("state"));
    ByteArrayInputStream stream = new ByteArrayInputStream(bytes);
    // ruleid: java-unsafe-deserialization
    ObjectInputStream decoded = new ObjectInputStream(stream);

    // ruleid: java-unsafe-deserialization
    XMLDecoder beans = new XMLDecoder(request.getInputStream());

    // ok: java-unsafe-deserialization
    ObjectInputStream own = new ObjectInputStream(new FileInputStream("/srv/cache/catalog.bin"));
  }
}

@RestController
class ImportController {
  private final ObjectMapper mapper = new ObjectMapper();
  private final XStream xstream = new XStream();

  @PostMapping("/import/xml")
  Object xml(@RequestBody String body) {
    // ruleid: java-unsafe-deserialization
    return xstream.fromXML(body);
  }

  @PostMapping("/import/yaml")
  Object yaml(@RequestBody String body) {
    Yaml yaml = new Yaml();
    // ruleid: java-unsafe-deserialization
    return yaml.load(body);
  }

  @PostMapping("/import/safe")
  Object safe(@RequestBody String body) throws Exception {
    Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    // ok: java-unsafe-deserialization
    Object settings = yaml.load(body);
    // ok: java-unsafe-deserialization
    return mapper.readValue(body, Note.class);
  }
}
