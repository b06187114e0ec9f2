<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Http;

class ReportController extends Controller
{
    private const COLUMNS = ['date' => 'created_at', 'sum' => 'total'];

    public function index(Request $request)
    {
        $order = $request->input('order', 'created_at');
        $direction = $request->input('direction') === 'desc' ? 'desc' : 'asc';
        // ruleid: php-sql-injection
        $reports = DB::table('reports')->orderByRaw("$order $direction")->get();
        // ok: php-sql-injection
        $sorted = DB::table('reports')->orderByRaw(self::COLUMNS['sum'] . " $direction")->get();
        // ok: php-sql-injection
        $mine = DB::select('SELECT * FROM reports WHERE owner = ?', [$request->input('owner')]);

        return view('reports.index', compact('reports', 'sorted', 'mine'));
    }

    public function formula(Request $request)
    {
        $formula = $request->input('formula');
        if (strlen($formula) > 100) {
            // ok: php-xss
            return response('The formula is too long');
        }
        // ruleid: php-code-injection
        eval('$value = ' . $formula . ';');
        // ok: php-xss
        return response(e($formula) . ' is ' . number_format($value));
    }

    public function fetch(Request $request)
    {
        $options = ['timeout' => 3];
        $options['url'] = $request->query('url');
        // ruleid: php-ssrf
        $answer = Http::get($options['url']);
        // ok: php-ssrf
        $rates = Http::get('https://rates.example/latest');

        return [$answer->body(), $rates->json()];
    }
}
