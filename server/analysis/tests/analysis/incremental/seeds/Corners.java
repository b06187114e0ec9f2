package app.web;
import java.sql.*;
import java.io.File;
import static java.lang.Runtime.getRuntime;
@Controller("x")
public abstract sealed class Corners<T extends Comparable<? super T>> extends Base implements I, J permits K {
    private static final int LIMIT = 10;
    static final String COMMAND = "ls " + "-l";
    int a = 1, b[] = {1, 2};
    static { System.out.println(COMMAND); }
    { a++; }
    public Corners(@Valid final String s, int... rest) { super(s); this.a = rest[0]; }
    @GetMapping(value = "/x", produces = {"a", "b"})
    public <R> R show(HttpServletRequest req, Connection c) throws SQLException, Exception {
        String id = req.getParameter("id");
        Statement st = c.createStatement();
        st.executeQuery("select * from t where id = '" + id + "'"); // nosemgrep
        getRuntime().exec(COMMAND + id);
        Runnable r = () -> { new File(id).delete(); };
        Function<String, String> f = String::trim;
        var text = """
            block %s
            """.formatted(id);
        label: for (int i = 0, j = 1; i < LIMIT; i++, j--) { if (i > 1) continue label; else break; }
        for (final var x : rest) do { a += x; } while (a < 3);
        try (Reader in = open(id); var out = in) { throw new E(id); } catch (A | B e) { } finally { }
        switch (id) { case "a", "b" -> exec(id); default -> { yield 1; } }
        int v = switch (o) { case String s when s.isEmpty() -> 1; case Point(int x, var y) -> x; default -> 2; };
        synchronized (this) { assert id != null : id; }
        Object o = new Object() { @Override public String toString() { return (String) super.toString(); } };
        return id instanceof String s && s.length() > 1 ? (R) o : null;
    }
    record P(int x, String y) { P { if (x < 0) throw new E(); } }
    enum E { A(1) { int f() { return 1; } }, B; E(int... i) {} }
    @interface N { int value() default 1; }
    interface I { default void m() { Runtime.getRuntime().exec(System.getenv("X")); } }
}
