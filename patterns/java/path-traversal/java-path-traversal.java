package files;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.apache.commons.io.FilenameUtils;
import org.springframework.core.io.FileSystemResource;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

class DownloadServlet extends HttpServlet {
  private static final String FOLDER = "/srv/files/";

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String name = request.getParameter("name");
    // ruleid: java-path-traversal
    File file = new File(FOLDER, name);
    Files.copy(file.toPath(), response.getOutputStream());

    String path = FOLDER + request.getPathInfo();
    // ruleid: java-path-traversal
    try (FileInputStream in = new FileInputStream(path)) {
      in.transferTo(response.getOutputStream());
    }

    String language = request.getHeader("Accept-Language");
    String[] parts = language.split(",");
    // ruleid: java-path-traversal
    Path texts = Paths.get(FOLDER, "texts", parts[0] + ".properties");

    String base = name.substring(name.lastIndexOf('/') + 1);
    // ok: java-path-traversal
    File inFolder = new File(FOLDER, base);

    // ruleid: java-path-traversal
    File tail = new File(FOLDER, name.substring(1));

    String sent = request.getHeader("X-File-Name");
    if (sent.lastIndexOf('/') >= 0) {
      sent = sent.substring(sent.lastIndexOf('/') + 1);
    }
    // ok: java-path-traversal
    File received = new File(FOLDER, sent);

    String last = FilenameUtils.getName(name);
    // ok: java-path-traversal
    File safe = new File(FOLDER, last);

    long id = Long.parseLong(request.getParameter("id"));
    // ok: java-path-traversal
    File numbered = new File(FOLDER, id + ".txt");

    // ok: java-path-traversal
    File fixed = new File(FOLDER, "terms.txt");
  }
}

@RestController
class ReportController {
  private final Path folder = Path.of("/srv/reports");

  @GetMapping("/reports/{name}")
  FileSystemResource report(@PathVariable("name") String name) {
    // ruleid: java-path-traversal
    return new FileSystemResource("/srv/reports/" + name);
  }

  @GetMapping("/drafts/{name}")
  byte[] draft(@PathVariable String name) throws IOException {
    // ruleid: java-path-traversal
    Path path = Path.of("/srv/drafts", name);
    // ok: java-path-traversal
    Path current = Path.of("/srv/drafts", "current.txt");
    return Files.readAllBytes(path);
  }
}

class CountServlet extends HttpServlet {
  void count(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // ok: java-path-traversal
    new File("/srv/notes/" + request.getParameterMap().size());
    // ok: java-path-traversal
    new File("/srv/notes/" + "yes".equals(request.getParameter("key")));
    // ruleid: java-path-traversal
    new File("/srv/notes/" + request.getParameter("key"));
  }
}
