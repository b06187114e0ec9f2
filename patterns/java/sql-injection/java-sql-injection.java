package shop;

import jakarta.persistence.EntityManager;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

class OrderServlet extends HttpServlet {
  private static final Map<String, String> COLUMNS = Map.of("name", "name", "price", "price");
  private Connection connection;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
    String id = request.getParameter("id");
    Statement statement = connection.createStatement();
    // ruleid: java-sql-injection
    statement.executeQuery("select * from orders where id = " + id);

    String filter = "";
    if (request.getParameter("state") != null) {
      filter = " where state = '" + request.getParameter("state") + "'";
    }
    String all = "select * from orders" + filter;
    // ruleid: java-sql-injection
    PreparedStatement prepared = connection.prepareStatement(all);

    StringBuilder sql = new StringBuilder("delete from orders where customer = '")
        .append(request.getHeader("X-Customer"))
        .append("'");
    // ruleid: java-sql-injection
    statement.executeUpdate(sql.toString());

    // ok: java-sql-injection
    PreparedStatement safe = connection.prepareStatement("select * from orders where id = ?");
    safe.setString(1, id);

    int number = Integer.parseInt(id);
    // ok: java-sql-injection
    statement.executeQuery("select * from orders where id = " + number);

    String column = COLUMNS.containsKey("price") ? "price" : "name";
    // ok: java-sql-injection
    statement.executeQuery("select * from orders order by " + column);
  }
}

@RestController
class ProductController {
  private final JdbcTemplate jdbc;
  private final EntityManager manager;

  @GetMapping("/products")
  List<Map<String, Object>> search(@RequestParam("q") String query, @RequestParam(defaultValue = "10") int limit) {
    String sql = String.format("select * from products where name like '%%%s%%'", query);
    // ruleid: java-sql-injection
    return jdbc.queryForList(sql);
  }

  @GetMapping("/products/{code}")
  Object one(@PathVariable String code, @RequestParam Long shop) {
    // ruleid: java-sql-injection
    Object found = manager.createQuery("select p from Product p where p.code = '" + code + "'").getSingleResult();
    // ok: java-sql-injection
    manager.createNativeQuery("select * from shops where id = " + shop).getSingleResult();
    // ok: java-sql-injection
    jdbc.queryForList("select * from products where code = ?", code);
    // ok: java-sql-injection
    return manager.createQuery("select p from Product p where p.code = :code").setParameter("code", code).getSingleResult();
  }
}

class CountServlet extends HttpServlet {
  private java.sql.Connection connection;

  void count(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // ok: java-sql-injection
    connection.createStatement().executeQuery("SELECT * FROM notes LIMIT " + request.getParameterMap().size());
    // ok: java-sql-injection
    connection.createStatement().executeQuery("SELECT * FROM notes LIMIT " + "yes".equals(request.getParameter("key")));
    // ruleid: java-sql-injection
    connection.createStatement().executeQuery("SELECT * FROM notes LIMIT " + request.getParameter("key"));
  }
}
