<?php
use Symfony\Component\Process\Process;

// ruleid: php-command-injection
system('ping -c 1 ' . $_GET['host']);

// ok: php-command-injection
system('ping -c 1 ' . escapeshellarg($_GET['host']));

$dir = $_POST['dir'];
// ruleid: php-command-injection
$listing = `ls -l $dir`;

$count = intval($_POST['count']);
// ok: php-command-injection
$tail = shell_exec("tail -n $count app.log");

function convert($request) {
    $file = $request->input('file');
    $command = sprintf('convert %s out.png', $file);
    // ruleid: php-command-injection
    exec($command, $output, $status);
    // ok: php-command-injection
    $process = new Process(['convert', $file, 'out.png']);
    // ruleid: php-command-injection
    $shell = Process::fromShellCommandline('convert ' . $file);
    return [$output, $status, $process, $shell];
}

// ok: php-command-injection
passthru('uptime');

// ok: php-command-injection
exec('renice -n ' . absint($_GET['level']));

$commands = ['up' => 'uptime', 'who' => 'who'];
// ok: php-command-injection
exec($commands[$_GET['command']]);

// ok: php-command-injection
exec(sprintf('renice -n %d', $_GET['level']));
