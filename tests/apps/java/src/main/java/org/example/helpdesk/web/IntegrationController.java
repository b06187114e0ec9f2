package org.example.helpdesk.web;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.example.helpdesk.store.Ticket;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

@RestController
public class IntegrationController {
  private final RestTemplate rest = new RestTemplate();
  private final ObjectMapper mapper = new ObjectMapper();

  @PostMapping("/webhooks/test")
  public String test(@RequestBody Map<String, String> hook) throws IOException {
    String address = hook.get("url");
    // ruleid: java-ssrf
    String answer = rest.getForObject(address, String.class);
    String text = URLEncoder.encode(hook.get("text"), StandardCharsets.UTF_8);
    // ok: java-ssrf
    URL chat = new URL("https://chat.example.org/send?text=" + text);
    return answer + chat.getHost();
  }

  @PostMapping("/import")
  public Object importTickets(@RequestBody String body, @RequestParam("kind") String kind) throws IOException {
    if (kind.equals("yaml")) {
      Yaml yaml = new Yaml();
      // ruleid: java-unsafe-deserialization
      return yaml.load(body);
    } else if (kind.equals("safe")) {
      Yaml safe = new Yaml(new SafeConstructor(new LoaderOptions()));
      // ok: java-unsafe-deserialization
      return safe.load(body);
    }
    // ok: java-unsafe-deserialization
    return mapper.readValue(body, Ticket.class);
  }
}
