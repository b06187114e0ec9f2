package links;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import org.jsoup.Jsoup;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;

class FetchServlet extends HttpServlet {
  private static final String WEATHER = "https://weather.example.org/v1/city/";

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String address = request.getParameter("url");
    // ruleid: java-ssrf
    URL url = new URL(address);
    url.openStream().transferTo(response.getOutputStream());

    String target = address;
    if (!target.startsWith("http")) {
      target = "http://" + target;
    }
    URI uri = URI.create(target);
    // ruleid: java-ssrf
    HttpRequest direct = HttpRequest.newBuilder(uri).build();
    // ruleid: java-ssrf
    HttpRequest checked = HttpRequest.newBuilder().uri(URI.create(target)).GET().build();
    // ruleid: java-ssrf
    URL page = uri.toURL();
    // ruleid: java-ssrf
    URL other = new URI(target).toURL();

    String city = URLEncoder.encode(request.getParameter("city"), StandardCharsets.UTF_8);
    // ok: java-ssrf
    URL weather = new URL(WEATHER + city);

    // ok: java-ssrf
    String path = new URI(address).getPath();

    // ok: java-ssrf
    URI status = URI.create("https://status.example.org/");
  }
}

@RestController
class PreviewController {
  private final RestTemplate rest = new RestTemplate();

  @GetMapping("/preview")
  String preview(@RequestParam("link") String link) throws IOException {
    // ruleid: java-ssrf
    String title = Jsoup.connect(link).get().title();
    // ruleid: java-ssrf
    String page = rest.getForObject(link, String.class);
    // ok: java-ssrf
    String rates = rest.getForObject("https://rates.example.org/today?page={page}", String.class, link);
    return title + page + rates;
  }

  @GetMapping("/stock")
  String stock(@RequestParam int shop) {
    // ok: java-ssrf
    return rest.getForObject("http://stock.internal/shops/" + shop, String.class);
  }
}

class CountServlet extends HttpServlet {
  void count(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // ok: java-ssrf
    new URL("http://" + request.getParameterMap().size());
    // ok: java-ssrf
    new URL("http://" + "yes".equals(request.getParameter("key")));
    // ruleid: java-ssrf
    new URL("http://" + request.getParameter("key"));
  }
}
