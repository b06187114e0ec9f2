package org.example.helpdesk.web;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.util.Base64;
import java.util.Map;

@WebServlet("/session")
public class SessionServlet extends HttpServlet {
  private static final Map<String, String> PAGES = Map.of("tickets", "/tickets", "profile", "/profile");

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String next = request.getParameter("next");
    if (next == null) {
      next = "/tickets";
    }
    // ruleid: java-open-redirect
    response.sendRedirect(next);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    boolean known = PAGES.containsKey(request.getParameter("page"));
    // ok: java-open-redirect
    response.sendRedirect(known ? "/profile" : "/tickets");

    String state = request.getHeader("X-Saved-Search");
    byte[] bytes = Base64.getDecoder().decode(state);
    // ruleid: java-unsafe-deserialization
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      request.setAttribute("search", in.readObject());
    } catch (ClassNotFoundException e) {
      throw new IOException(e);
    }
  }
}
