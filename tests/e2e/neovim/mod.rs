//! A real Neovim, typed into.

mod scenario;

use scenario::Scenario;
use serde_json::json;

/// Types a query into one of the demo applications, mends it, then takes the fix the rule offers.
#[test]
fn a_finding_comes_and_goes_while_typing_into_the_flask_app() {
    let scenario = Scenario::on_app("python", "app.py");
    let last = scenario.line_count();
    scenario
        .step(json!({ "what": "progress" }))
        .step(json!({ "what": "below", "line": last - 1, "text": "" }))
        .step(json!({ "what": "below", "line": last, "text": "@app.route('/typed')" }))
        .step(json!({ "what": "below", "line": last + 1, "text": "def typed(db):" }))
        .step(json!({ "what": "below", "line": last + 2, "text": "    name = request.args.get('name')" }))
        .step(json!({ "what": "below", "line": last + 3, "text": "    " }))
        .step(json!({ "what": "type", "line": last + 4, "text": "db.execute('SELECT * FROM t WHERE n = ' + name)" }))
        .step(json!({ "what": "appears", "line": last + 4, "code": "python-sql-injection" }))
        .step(json!({ "what": "replace", "line": last + 4, "from": "' + name)", "to": "?', (name,))" }))
        .step(json!({ "what": "disappears", "line": last + 4, "code": "python-sql-injection" }))
        .run();
}
