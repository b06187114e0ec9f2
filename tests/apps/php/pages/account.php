<?php
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $password = $_POST['password'];
    // ruleid: php-weak-password-hash
    $old = sha1($password);
    // ok: php-weak-password-hash
    $new = password_hash($password, PASSWORD_DEFAULT);

    $avatar = $_POST['avatar'];
    $ch = curl_init();
    // ruleid: php-ssrf
    curl_setopt($ch, CURLOPT_URL, $avatar);
    // ok: php-ssrf
    curl_setopt($ch, CURLOPT_URL, 'https://avatars.example/' . rawurlencode($_POST['nick']));
    // ok: php-ssrf
    curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);

    $size = (int) $_POST['size'];
    // ok: php-command-injection
    exec("convert avatar.png -resize {$size} small.png");
    $format = $_POST['format'];
    $args = ['convert', 'avatar.png', "avatar.$format"];
    $command = implode(' ', $args);
    // ruleid: php-command-injection
    exec($command, $output);
    // ok: php-command-injection
    exec('identify ' . escapeshellarg("avatar.$format"), $output);
}
