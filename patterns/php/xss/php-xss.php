<html>
<body>
<?php
// ruleid: php-xss
echo "<h1>Hello " . $_GET['name'] . "</h1>";

// ok: php-xss
echo "<h1>Hello " . htmlspecialchars($_GET['name'], ENT_QUOTES) . "</h1>";

$comment = $_POST['comment'];
$html = "<p>$comment</p>";
// ruleid: php-xss
print($html);

$html = '<p>' . htmlentities($comment) . '</p>';
// ok: php-xss
print($html);

// ruleid: php-xss
printf('<a href="%s">back</a>', $_SERVER['HTTP_REFERER']);

foreach ($_GET['tags'] as $tag) {
    // ruleid: php-xss
    echo '<li>', $tag, '</li>';
    // ok: php-xss
    echo '<li>', htmlspecialchars($tag), '</li>';
}

// ok: php-xss
echo json_encode(['q' => $_GET['q']]);

// ok: php-xss
echo (int) $_GET['page'];

function answer($request) {
    $q = $request->query('q');
    // ruleid: php-xss
    return response("<p>Nothing found for $q</p>");
}
?>
</body>
</html>
