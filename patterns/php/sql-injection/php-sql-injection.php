<?php
$pdo = new PDO('sqlite:shop.db');
$mysqli = new mysqli('localhost', 'shop', getenv('DB_PASSWORD'), 'shop');

// ruleid: php-sql-injection
$rows = $pdo->query("SELECT * FROM users WHERE id = " . $_GET['id']);

$name = $_POST['name'];
// ruleid: php-sql-injection
mysqli_query($mysqli, "SELECT * FROM users WHERE name = '$name'");

// ok: php-sql-injection
mysqli_query($mysqli, "SELECT * FROM users WHERE name = '" . mysqli_real_escape_string($mysqli, $name) . "'");

$stmt = $pdo->prepare('SELECT * FROM users WHERE name = ?');
// ok: php-sql-injection
$stmt->execute([$name]);

function page(PDO $pdo) {
    $limit = (int) $_GET['limit'];
    // ok: php-sql-injection
    return $pdo->query("SELECT * FROM notes LIMIT {$limit}");
}

function search(PDO $pdo) {
    $sql = 'SELECT * FROM products';
    if (isset($_GET['category'])) {
        $sql .= " WHERE category = '{$_GET['category']}'";
    }
    try {
        // ruleid: php-sql-injection
        return $pdo->query($sql);
    } catch (PDOException $e) {
        return null;
    }
}

class ReportController extends Controller
{
    public function index(Request $request)
    {
        $order = $request->input('order');
        // ruleid: php-sql-injection
        $all = DB::select("SELECT * FROM reports ORDER BY " . $order);
        // ok: php-sql-injection
        $mine = DB::select('SELECT * FROM reports WHERE owner = ?', [$request->input('owner')]);
        // ruleid: php-sql-injection
        $top = Report::query()->orderByRaw($order)->get();
        // ok: php-sql-injection
        $safe = Report::where('owner', $request->input('owner'))->get();
        return view('reports', compact('all', 'mine', 'top', 'safe'));
    }
}

function wordpress($wpdb) {
    $name = $_POST['name'];
    // ok: php-sql-injection
    $wpdb->query($wpdb->prepare("UPDATE users SET name = %s WHERE id = %d", $name, $_POST['id']));
    $extra = $wpdb->prepare(' AND status = %s', $_GET['status']);
    // ok: php-sql-injection
    $rows = $wpdb->get_results("SELECT * FROM posts WHERE 1 = 1 $extra");
    // ruleid: php-sql-injection
    $row = $wpdb->get_row($wpdb->prepare("SELECT * FROM posts WHERE kind = %s AND name = '$name'", 'page'));
    $ids = implode(',', array_map('intval', (array) $_REQUEST['ids']));
    // ok: php-sql-injection
    $own = $wpdb->get_var("SELECT id FROM posts WHERE author IN ($ids)");
    $prefix = $_POST['prefix'];
    if (preg_match('|[^a-z0-9_]|i', $prefix)) {
        return [];
    }
    // ok: php-sql-injection
    $wpdb->query("SELECT $prefix");
    return [$rows, $row, $own];
}

// ok: php-sql-injection
$pdo->query(sprintf('SELECT * FROM users WHERE id = %d', $_GET['id']));
// ruleid: php-sql-injection
$pdo->query(sprintf("SELECT * FROM users WHERE name = '%s' AND age > %d", $_GET['name'], 18));
