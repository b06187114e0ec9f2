package tools;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

class PingServlet extends HttpServlet {
  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String host = request.getParameter("host");
    // ruleid: java-command-injection
    Runtime.getRuntime().exec("ping -c 1 " + host);

    Runtime runtime = Runtime.getRuntime();
    String[] command = {"sh", "-c", "nslookup " + host};
    // ruleid: java-command-injection
    runtime.exec(command);

    int count = Integer.parseInt(request.getParameter("count"));
    // ok: java-command-injection
    runtime.exec("ping -c " + count + " localhost");

    // ok: java-command-injection
    new ProcessBuilder("uptime").start();

    String tool = "ping";
    if (host.equals("six")) {
      tool = "ping6";
    }
    // ok: java-command-injection
    new ProcessBuilder(tool, "-c", "1", "localhost").start();
  }
}

@RestController
class ConvertController {
  @PostMapping("/convert")
  void convert(@RequestParam("format") String format, @RequestBody String body) throws IOException {
    // ruleid: java-command-injection
    new ProcessBuilder("sh", "-c", "convert in.png out." + format).start();

    ProcessBuilder builder = new ProcessBuilder("convert");
    try {
      String target = "out." + format;
      // ruleid: java-command-injection
      builder.command("sh", "-c", "convert in.png " + target);
      builder.start();
    } finally {
      System.gc();
    }

    String chosen;
    switch (format) {
      case "png":
        chosen = "png";
        break;
      default:
        chosen = "jpg";
    }
    // ok: java-command-injection
    new ProcessBuilder("convert", "in.png", "out." + chosen).start();
  }
}

class CountServlet extends HttpServlet {
  void count(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // ok: java-command-injection
    Runtime.getRuntime().exec("head notes.txt -n " + request.getParameterMap().size());
    // ok: java-command-injection
    Runtime.getRuntime().exec("head notes.txt -n " + "yes".equals(request.getParameter("key")));
    // ruleid: java-command-injection
    Runtime.getRuntime().exec("head notes.txt -n " + request.getParameter("key"));
  }
}
