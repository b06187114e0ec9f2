<!doctype html>
<p><?= $_GET['a'] ?></p>
<?php
declare(strict_types=1);
namespace App\Http;
use App\Models\{User, Post as P};
use function App\run;
const LIMIT = 10;
define('COMMAND', 'ls ' . '-l');
$text = <<<"ONE"
  one $x {$y->z[0]} ${w}
  ONE;
$raw = <<<'TWO'
two $x
TWO;
#[Attr(1)]
abstract class A extends B implements C, D {
    use T { f as protected g; }
    const LIMIT = 3;
    public static ?int $n = null;
    public function __construct(private readonly string $a = 'x', int|string ...$rest) {}
    public function show(Request $r): ?string {
        $id = $r->input('id'); // nosemgrep
        DB::select("select * from t where id = $id");
        system("ls {$_POST['dir']}" . self::LIMIT);
        $f = fn($x) => eval($x);
        $g = function () use ($id, &$f) { return $f?->call($id) ?? $this->a; };
        foreach ($id as $k => [$v, 'w' => $w]) { echo $k, $v; }
        match (true) { $id > 1, default => eval($id) };
        try { throw new \Exception($id); } catch (E | F $e) { print $e; } finally { unset($id); }
        switch ($id) { case 1: exec($id); break; default: goto end; }
        end: return new class($id) extends A { public $x = 1; };
    }
}
enum Suit: string { case A = 'a'; }
if ($a): ?>
<b onclick="<?php echo $_GET["b"]; ?>"><?= htmlspecialchars($b) ?></b>
<?php elseif ($b): while ($c): eval($c); endwhile; else: ?>
none
<?php endif;
list($a, , $b) = [$b, 1, $a];
`ls $a`;
echo $_COOKIE['x']; # nosemgrep
