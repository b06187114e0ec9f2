package pages;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;
import org.owasp.encoder.Encode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

class GreetingServlet extends HttpServlet {
  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String name = request.getParameter("name");
    response.setContentType("text/html");
    // ruleid: java-xss
    response.getWriter().println("<h1>Hello " + name + "</h1>");

    PrintWriter out = response.getWriter();
    String title = name == null ? "nobody" : name.trim();
    // ruleid: java-xss
    out.printf("<title>%s</title>", title);

    for (Cookie cookie : request.getCookies()) {
      String theme = cookie.getValue();
      // ruleid: java-xss
      out.write("<body class='" + theme + "'>");
    }

    // ok: java-xss
    out.println("<p>" + Encode.forHtml(name) + "</p>");

    String escaped = HtmlUtils.htmlEscape(name);
    // ok: java-xss
    out.println("<p>" + escaped + "</p>");

    int page = Integer.parseInt(request.getParameter("page"));
    // ok: java-xss
    out.println("<p>Page " + page + "</p>");

    // ok: java-xss
    out.println("<p>" + HtmlFilter.filter(name) + escapeHtml(name) + "</p>");

    // ruleid: java-xss
    out.println("<p>" + TrimFilter.filter(name) + "</p>");

    // ok: java-xss
    out.println("<p>" + request.getCookies().length + " cookies, " + request.getParameterMap().size() + " fields</p>");

    byte[] body = new byte[16];
    int total = request.getInputStream().read(body);
    // ruleid: java-xss
    response.getOutputStream().write(body);
    // ok: java-xss
    out.println("<p>" + total + " bytes, known: " + "yes".equals(request.getParameter("known")) + "</p>");

    // ok: java-xss
    out.println("<p>Thank you</p>");
  }

  private static String escapeHtml(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}

class EchoServlet extends HttpServlet {
  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.setContentType("text/plain; charset=utf-8");
    PrintWriter out = response.getWriter();
    for (String word : request.getParameterValues("word")) {
      // ok: java-xss
      out.println(word);
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.setContentType("text/plain;charset=" + response.getCharacterEncoding());
    // ok: java-xss
    response.getWriter().println(request.getParameter("word"));
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (request.getParameter("plain") != null) {
      response.setContentType("text/plain");
    }
    // ruleid: java-xss
    response.getWriter().println(request.getParameter("word"));
  }
}

@RestController
class PreviewController {
  @GetMapping("/preview")
  ResponseEntity<String> preview(@RequestParam("text") String text) {
    String html = "<article>" + text + "</article>";
    // ruleid: java-xss
    return ResponseEntity.ok().contentType(MediaType.TEXT_HTML).body(html);
  }

  @GetMapping("/plain")
  ResponseEntity<String> plain(@RequestParam("text") String text) {
    // ok: java-xss
    return ResponseEntity.ok().contentType(MediaType.TEXT_PLAIN).body(text);
  }
}
