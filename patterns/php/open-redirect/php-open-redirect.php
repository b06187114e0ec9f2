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
