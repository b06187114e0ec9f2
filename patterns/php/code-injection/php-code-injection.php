<?php
// ruleid: php-code-injection
eval('$result = ' . $_GET['expression'] . ';');

$action = $_POST['action'];
// ruleid: php-code-injection
call_user_func($action, 1);

$known = ['start' => 'start_job', 'stop' => 'stop_job'];
$name = 'start';
if ($action === 'stop') {
    $name = 'stop';
}
// ok: php-code-injection
call_user_func($known[$name], 1);

// ruleid: php-code-injection
assert("strlen('" . $_REQUEST['text'] . "') > 0");

// ok: php-code-injection
assert(count($known) > 0);

// ok: php-code-injection
eval('return 1;');

// ok: php-code-injection
call_user_func($known[$_GET['name']], 1);
