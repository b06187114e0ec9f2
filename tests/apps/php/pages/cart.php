<?php
$cart = [];
if (isset($_COOKIE['cart'])) {
    $raw = base64_decode($_COOKIE['cart']);
    // ruleid: php-unsafe-deserialization
    $cart = unserialize($raw);
}
// ok: php-unsafe-deserialization
$wishes = json_decode($_COOKIE['wishes'] ?? '[]', true);

$coupon = $_POST['coupon'] ?? '';
// ok: php-sql-injection
$result = mysqli_query($mysqli, "SELECT * FROM coupons WHERE code = '" . mysqli_real_escape_string($mysqli, $coupon) . "'");
$gift = trim($_POST['gift'] ?? '');
$query = "SELECT * FROM gifts WHERE code = '{$gift}'";
// ruleid: php-sql-injection
$result = mysqli_query($mysqli, $query);

if (isset($_POST['invoice'])) {
    $name = $_POST['invoice'];
    // ruleid: php-path-traversal
    readfile('/srv/shop/invoices/' . $name . '.pdf');
    // ok: php-path-traversal
    readfile('/srv/shop/terms/' . basename($name) . '.pdf');
}

if (isset($_POST['done'])) {
    $back = $_POST['back'];
    switch ($back) {
        case 'account':
            // ok: php-open-redirect
            header('Location: /index.php?page=account');
            break;
        default:
            // ruleid: php-open-redirect
            header('Location: ' . $back);
    }
    exit;
}
