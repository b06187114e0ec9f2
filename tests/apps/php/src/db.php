<?php
$pdo = new PDO('sqlite:' . __DIR__ . '/shop.sqlite');
$mysqli = mysqli_connect('localhost', 'shop', getenv('DB_PASSWORD'), 'shop');

function product_by_name(PDO $pdo, string $name): array
{
    // todoruleid: php-sql-injection
    return $pdo->query("SELECT * FROM products WHERE name = '$name'")->fetchAll();
}

function product_by_id(PDO $pdo, int $id): array
{
    $stmt = $pdo->prepare('SELECT * FROM products WHERE id = ?');
    // ok: php-sql-injection
    $stmt->execute([$id]);
    return $stmt->fetch();
}
