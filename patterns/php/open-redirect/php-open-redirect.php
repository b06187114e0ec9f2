<?php
// ruleid: php-open-redirect
header('Location: ' . $_GET['next']);

$back = $_SERVER['HTTP_REFERER'];
// ruleid: php-open-redirect
header("Location: $back");

// ok: php-open-redirect
header('Location: /login.php');

// ok: php-open-redirect
header('Location: /search.php?q=' . urlencode($_GET['q']));

class LoginController extends AbstractController
{
    public function login(Request $request)
    {
        $target = $request->query->get('target', '/');
        if ($target === '') {
            // ok: php-open-redirect
            return $this->redirect('/start');
        }
        // ruleid: php-open-redirect
        return new RedirectResponse($target);
    }
}

// ok: php-open-redirect
header("Location: /pages/{$_GET['page']}");

// ruleid: php-open-redirect
header('Location: /' . $_GET['page']);

// ok: php-open-redirect
wp_redirect(admin_url('tools.php?' . $_SERVER['QUERY_STRING']));

// ok: php-open-redirect
wp_redirect(remove_query_arg('updated', $_SERVER['REQUEST_URI']));

// ok: php-open-redirect
wp_redirect(add_query_arg(['s' => $_GET['s']], 'themes.php'));

// ruleid: php-open-redirect
wp_redirect(add_query_arg('updated', '1', $_GET['back']));

// ok: php-open-redirect
wp_redirect(wp_validate_redirect($_GET['back'], '/'));

// ok: php-open-redirect
wp_safe_redirect($_GET['back']);

function save_users() {
    check_admin_referer('bulk-users');
    // ok: php-open-redirect
    wp_redirect($_POST['back']);
}

function save_page() {
    if (!wp_verify_nonce($_POST['nonce'], 'save')) {
        return;
    }
    // ok: php-open-redirect
    wp_redirect($_POST['back']);
}

// ruleid: php-open-redirect
header('Location: ' . $_SERVER['REQUEST_URI']);

// ruleid: php-open-redirect
header('Location: ' . $_SERVER['QUERY_STRING']);

// ok: php-open-redirect
header('Location: https://' . $_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI']);
