package org.example.helpdesk.web;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.example.helpdesk.store.TicketStore;
import org.owasp.encoder.Encode;

@WebServlet("/tickets")
public class TicketServlet extends HttpServlet {
  private static final List<String> STATES = List.of("open", "waiting", "closed");

  private DataSource source;
  private TicketStore store;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String state = request.getParameter("state");
    String order = "created";
    if ("title".equals(request.getParameter("order"))) {
      order = "title";
    }
    response.setContentType("text/html;charset=utf-8");
    PrintWriter out = response.getWriter();
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      String sql = "select id, title from tickets";
      if (state != null && !state.isEmpty()) {
        sql = sql + " where state = '" + state + "'";
      }
      // ruleid: java-sql-injection
      ResultSet rows = statement.executeQuery(sql);
      print(out, rows);

      // ok: java-sql-injection
      ResultSet sorted = statement.executeQuery("select id, title from tickets order by " + order);
      print(out, sorted);
    } catch (SQLException e) {
      // ruleid: java-xss
      out.println("<p>No tickets in state " + state + "</p>");
      // ok: java-xss
      out.println("<p>" + Encode.forHtml(state) + "</p>");
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String title = request.getParameter("title");
    String owner = "";
    for (Cookie cookie : request.getCookies()) {
      if (cookie.getName().equals("owner")) {
        owner = cookie.getValue();
      }
    }
    try (Connection connection = source.getConnection()) {
      // ok: java-sql-injection
      PreparedStatement insert = connection.prepareStatement("insert into tickets (title, owner) values (?, ?)");
      insert.setString(1, title);
      insert.setString(2, owner);
      insert.executeUpdate();

      // ruleid: java-sql-injection
      PreparedStatement count = connection.prepareStatement("select count(*) from tickets where owner = '" + owner + "'");
      count.executeQuery();

      int number = Integer.parseInt(request.getParameter("number"));
      // ok: java-sql-injection
      connection.prepareStatement("update tickets set seen = true where id = " + number).executeUpdate();
    } catch (SQLException e) {
      throw new IOException(e);
    }
    // todoruleid: java-sql-injection
    store.countByOwner(owner);
    String greeting = String.format("<h1>Thank you, %s</h1>", owner);
    // ruleid: java-xss
    response.getWriter().write(greeting);
  }

  private void print(PrintWriter out, ResultSet rows) throws SQLException {
    while (rows.next()) {
      out.println("<li>" + Encode.forHtml(rows.getString("title")) + "</li>");
    }
  }
}
