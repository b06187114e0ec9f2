<?php
require __DIR__ . '/src/db.php';

$pages = ['products' => 'products.php', 'cart' => 'cart.php', 'account' => 'account.php'];
$theme = $_COOKIE['theme'] ?? 'light';
$page = 'products';
if (array_key_exists($_GET['page'] ?? '', $pages)) {
    $page = 'cart';
}
?>
<!doctype html>
<html>
<head>
    <title>Shop</title>
    <?php
    // ruleid: php-file-inclusion
    include "themes/$theme.php";
    ?>
</head>
<body>
<?php
// ok: php-file-inclusion
include __DIR__ . '/pages/' . $pages[$page];
?>
<p>You are looking for
<?php
// ruleid: php-xss
?><?= $_GET['q'] ?>
</p>
</body>
</html>
