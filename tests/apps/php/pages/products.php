<?php
$where = [];
if (!empty($_GET['category'])) {
    $where[] = "category = '" . $_GET['category'] . "'";
}
if (!empty($_GET['max'])) {
    $where[] = 'price <= ' . (float) $_GET['max'];
}
$sql = 'SELECT * FROM products';
if ($where) {
    $sql .= ' WHERE ' . implode(' AND ', $where);
}
try {
    // ruleid: php-sql-injection
    $products = $pdo->query($sql)->fetchAll();
} catch (PDOException $e) {
    error_log($e->getMessage());
    $products = [];
}

$sorts = ['price' => 'price', 'name' => 'name'];
$sort = 'name';
if (($_GET['sort'] ?? '') === 'price') {
    $sort = $sorts['price'];
}
// ok: php-sql-injection
$sorted = $pdo->query("SELECT * FROM products ORDER BY $sort")->fetchAll();

$found = product_by_name($pdo, $_GET['name'] ?? '');

foreach ($products as $product) {
    // ok: php-xss
    echo '<li>' . htmlspecialchars($product['name']) . '</li>';
}

$page = intval($_GET['p'] ?? 1);
// ok: php-xss
echo "<p>Page $page</p>";

$category = $_GET['category'] ?? 'all';
$title = sprintf('<h2>%s</h2>', $category);
// ruleid: php-xss
echo $title;
$title = sprintf('<h2>%s</h2>', htmlspecialchars($category));
// ok: php-xss
echo $title;
