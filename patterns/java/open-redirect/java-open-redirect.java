package login;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.stereotype.Controller;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.view.RedirectView;

class LoginServlet extends HttpServlet {
  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String next = request.getParameter("next");
    // ruleid: java-open-redirect
    response.sendRedirect(next);

    String back = request.getHeader("Referer");
    if (back != null) {
      // ruleid: java-open-redirect
      response.setHeader("Location", back);
    }

    // ok: java-open-redirect
    response.sendRedirect("/home?from=" + URLEncoder.encode(next, StandardCharsets.UTF_8));

    String page = "settings".equals(next) ? "/settings" : "/home";
    // ok: java-open-redirect
    response.sendRedirect(page);

    // ok: java-open-redirect
    response.sendRedirect(request.getContextPath() + "/home");
  }
}

@Controller
class LogoutController {
  @GetMapping("/logout")
  String logout(@RequestParam("to") String to) {
    // ruleid: java-open-redirect
    return "redirect:" + to;
  }

  @GetMapping("/leave")
  ModelAndView leave(@RequestParam("to") String to) {
    // ruleid: java-open-redirect
    return new ModelAndView("redirect:" + to);
  }

  @GetMapping("/away")
  RedirectView away(@RequestParam("to") String to) {
    // ruleid: java-open-redirect
    return new RedirectView(to);
  }

  @GetMapping("/orders")
  String orders(@RequestParam("id") long id) {
    // ok: java-open-redirect
    return "redirect:/orders/" + id;
  }
}

class CountServlet extends HttpServlet {
  void count(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // ok: java-open-redirect
    response.sendRedirect("/" + request.getParameterMap().size());
    // ok: java-open-redirect
    response.sendRedirect("/" + "yes".equals(request.getParameter("key")));
    // ruleid: java-open-redirect
    response.sendRedirect("/" + request.getParameter("key"));
  }
}
