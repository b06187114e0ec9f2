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

// ok: php-xss
echo '<td>' . absint($_GET['id']) . '</td>';

// ok: php-xss
echo wp_json_encode(['q' => $_GET['q']]);

// ok: php-xss
echo '<textarea>' . esc_textarea(wp_unslash($_POST['text'])) . '</textarea>';

// ok: php-xss
echo implode(', ', array_map('intval', $_GET['ids']));

$messages = [1 => 'Saved.', 2 => 'Deleted.'];
// ok: php-xss
echo $messages[$_GET['message']];

$language = preg_replace('/[^a-zA-Z0-9_]/', '', $_GET['language']);
// ok: php-xss
echo "<a href='install.php?language=$language'>go on</a>";

$post = get_post($_GET['post']);
// ok: php-xss
echo $post->post_title;

// ok: php-xss
echo '<p>' . ($_GET['tab'] === 'new') . '</p>';

// ok: php-xss
echo apply_filters("show_{$_GET['kind']}", '<p>shown</p>', $_GET['kind']);

// ruleid: php-xss
echo apply_filters('show', $_GET['kind']);

// ruleid: php-xss
echo preg_replace('/[aeiou]/', '', $_GET['word']);

function delete_widget() {
    check_ajax_referer('widgets');
    // ok: php-xss
    echo 'deleted: ' . $_POST['widget'];
}

$blog = strtolower(preg_replace('/^-|-$|[^-a-zA-Z0-9]/', '', $_GET['blog']));
// ok: php-xss
echo "<p>$blog is free</p>";

function save_note() {
    $saved = wp_insert_post(['post_title' => $_POST['title']], true);
    if (is_wp_error($saved)) {
        // ok: php-xss
        echo $saved->get_error_message();
    }
    // ruleid: php-xss
    echo $_POST['title'];
}

function save_page() {
    if (!isset($_POST['nonce']) || !wp_verify_nonce($_POST['nonce'], 'save')) {
        return;
    }
    // ok: php-xss
    echo $_POST['title'];
}

// ok: php-xss
printf('<p>%d of %05.2f</p>', $_GET['page'], $_GET['size']);

// ok: php-xss
echo sprintf(_n('%1$d note', '%1$d notes', $_GET['count']), $_GET['count']);

// ruleid: php-xss
echo sprintf('<p>%d %s</p>', $_GET['count'], $_GET['name']);

// ruleid: php-xss
echo sprintf("<p>$_GET[name] has %d</p>", 3);
?>
</body>
</html>
