package org.example.helpdesk.web;

import jakarta.persistence.EntityManager;
import java.util.List;
import java.util.Map;
import org.example.helpdesk.store.Ticket;
import org.springframework.expression.Expression;
import org.springframework.expression.ExpressionParser;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class SearchController {
  private final JdbcTemplate jdbc;
  private final EntityManager manager;
  private final ExpressionParser parser = new SpelExpressionParser();

  public SearchController(JdbcTemplate jdbc, EntityManager manager) {
    this.jdbc = jdbc;
    this.manager = manager;
  }

  @GetMapping("/search")
  public List<Map<String, Object>> search(
      @RequestParam("q") String query, @RequestParam(name = "page", defaultValue = "0") int page) {
    StringBuilder sql = new StringBuilder("select * from tickets where title like '%").append(query).append("%'");
    // ruleid: java-sql-injection
    List<Map<String, Object>> found = jdbc.queryForList(sql.toString());
    if (found.isEmpty()) {
      // ok: java-sql-injection
      found = jdbc.queryForList("select * from tickets where body like ?", "%" + query + "%");
    }
    // ok: java-sql-injection
    found.addAll(jdbc.queryForList("select * from tickets limit 20 offset " + page * 20));
    return found;
  }

  @GetMapping("/agents/{name}/tickets")
  public List<Ticket> assigned(@PathVariable String name) {
    String who;
    switch (name) {
      case "me":
        who = "current";
        break;
      default:
        who = name;
    }
    // ruleid: java-sql-injection
    return manager.createQuery("select t from Ticket t where t.agent = '" + who + "'", Ticket.class).getResultList();
  }

  @GetMapping("/agents/{name}/open")
  public List<Ticket> open(@PathVariable String name) {
    // ok: java-sql-injection
    return manager.createQuery("select t from Ticket t where t.agent = :name", Ticket.class)
        .setParameter("name", name)
        .getResultList();
  }

  @GetMapping("/tickets/filter")
  public Object filter(@RequestParam("where") String where) {
    String condition = where.trim();
    // ruleid: java-code-injection
    Expression expression = parser.parseExpression(condition);
    // ok: java-code-injection
    Expression urgent = parser.parseExpression("priority > 3 and state == 'open'");
    return List.of(expression, urgent);
  }
}
