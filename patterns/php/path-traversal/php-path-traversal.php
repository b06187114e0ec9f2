<?php
define('UPLOADS', __DIR__ . '/uploads/');

// ruleid: php-path-traversal
readfile(UPLOADS . $_GET['file']);

// ok: php-path-traversal
readfile(UPLOADS . basename($_GET['file']));

$name = $_POST['name'];
$path = UPLOADS . $name . '.txt';
if (strlen($name) > 0) {
    // ruleid: php-path-traversal
    file_put_contents($path, $_POST['text']);
    // ok: php-path-traversal
    file_put_contents(UPLOADS . 'latest.txt', $_POST['text']);
}

function show($request) {
    $page = $request->query->get('page');
    // ruleid: php-path-traversal
    $handle = fopen("pages/$page.html", 'r');
    // ok: php-path-traversal
    $cached = fopen('cache/' . md5($page) . '.html', 'r');
    return [$handle, $cached];
}

// ok: php-path-traversal
unlink(UPLOADS . 'old.txt');

// ok: php-path-traversal
$body = file_get_contents('php://input');

// ok: php-path-traversal
readfile(UPLOADS . str_replace('..', '', $_GET['file']));

// ok: php-path-traversal
readfile(UPLOADS . absint($_GET['id']) . '.txt');

// ruleid: php-path-traversal
readfile(UPLOADS . file_get_contents('php://input'));
