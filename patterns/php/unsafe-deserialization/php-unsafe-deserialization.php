<?php
// ruleid: php-unsafe-deserialization
$cart = unserialize($_COOKIE['cart']);

// ok: php-unsafe-deserialization
$cart = json_decode($_COOKIE['cart'], true);

$state = base64_decode($_POST['state']);
// ruleid: php-unsafe-deserialization
$form = unserialize($state);

// ok: php-unsafe-deserialization
$plain = unserialize($state, ['allowed_classes' => false]);

// ok: php-unsafe-deserialization
$cache = unserialize(file_get_contents('cache.bin'));

function restore($request) {
    $blob = $request->getContent();
    // ruleid: php-unsafe-deserialization
    return unserialize($blob);
}

$saved = get_option('saved_' . sanitize_key($_GET['form']));
// ok: php-unsafe-deserialization
$form = unserialize($saved);
