<?php
// ruleid: php-ssrf
$ch = curl_init($_GET['url']);

$host = $_POST['host'];
$ch = curl_init();
// ruleid: php-ssrf
curl_setopt($ch, CURLOPT_URL, "http://$host/status");

// ok: php-ssrf
curl_setopt($ch, CURLOPT_TIMEOUT, 5);

// ok: php-ssrf
curl_setopt($ch, CURLOPT_URL, 'https://api.example.com/city/' . rawurlencode($_GET['city']));

function fetch($request, $client) {
    $target = $request->input('target');
    // ruleid: php-ssrf
    $answer = Http::get($target);
    // ruleid: php-ssrf
    $other = $client->request('GET', $target);
    // ok: php-ssrf
    $own = Http::get('https://api.example.com/status');
    return [$answer, $other, $own];
}

// ok: php-ssrf
$node = curl_init('https://node' . absint($_GET['node']) . '.example.com/');
