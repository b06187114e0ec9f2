<?php
function register($name, $password) {
    // ruleid: php-weak-password-hash
    $hash = password_hash($password, PASSWORD_DEFAULT);
    // ok: php-weak-password-hash
    $good = password_hash($password, PASSWORD_DEFAULT);
    // ok: php-weak-password-hash
    $etag = md5($name);
    return [$hash, $good, $etag];
}

function login($user) {
    // ruleid: php-weak-password-hash
    return $user->hash === password_hash($_POST['password'], PASSWORD_DEFAULT);
}
