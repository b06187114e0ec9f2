package rules;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import groovy.lang.GroovyShell;
import org.springframework.expression.ExpressionParser;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

class FormulaServlet extends HttpServlet {
  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
    ScriptEngine engine = new ScriptEngineManager().getEngineByName("javascript");
    String formula = request.getParameter("formula");
    // ruleid: java-code-injection
    engine.eval(formula);

    String script = "var x = 1; " + formula;
    // ruleid: java-code-injection
    new GroovyShell().evaluate(script);

    engine.put("input", formula);
    // ok: java-code-injection
    engine.eval("input.length");

    int factor = Integer.parseInt(request.getParameter("factor"));
    // ok: java-code-injection
    engine.eval("2 * " + factor);
  }
}

@RestController
class FilterController {
  private final ExpressionParser parser = new SpelExpressionParser();

  @GetMapping("/filter")
  Object filter(@RequestParam("where") String where) {
    // ruleid: java-code-injection
    Object direct = new SpelExpressionParser().parseExpression(where).getValue();
    // ruleid: java-code-injection
    Object field = parser.parseExpression("price > " + where).getValue();
    // ok: java-code-injection
    Object fixed = parser.parseExpression("price > 10").getValue();
    return fixed;
  }
}
