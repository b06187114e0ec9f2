<?php
$pages = ['home' => 'home.php', 'about' => 'about.php'];

// ruleid: php-file-inclusion
include $_GET['page'] . '.php';

$lang = $_COOKIE['lang'];
// ruleid: php-file-inclusion
require_once "lang/{$lang}.php";

// ok: php-file-inclusion
require 'header.php';

$page = 'home';
if ($_GET['page'] === 'about') {
    $page = 'about';
}
// ok: php-file-inclusion
include $pages[$page];

// ok: php-file-inclusion
include 'pages/' . basename($_GET['part']);

// ok: php-file-inclusion
include $pages[$_GET['page']];

function plugin() {
    $plugin = $_GET['plugin'];
    if (validate_file($plugin)) {
        exit;
    }
    // ok: php-file-inclusion
    include "plugins/$plugin";
}
