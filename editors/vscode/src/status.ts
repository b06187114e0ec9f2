import * as vscode from 'vscode';
import { findings } from './findings';

/** What the server is doing, as the status bar tells it. */
export type State = 'starting' | 'running' | 'stopped' | 'missing';

const TOOLTIPS: Record<State, string> = {
  starting: 'Weir is starting',
  running: 'Weir is running',
  stopped: 'Weir has stopped',
  missing: 'Weir cannot start: its program was not found',
};

/** The item in the status bar: the server's state, the number of findings in the file in front, and a menu. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('weir.status', vscode.StatusBarAlignment.Left, 10);
  private readonly subscriptions: vscode.Disposable[];
  private state: State = 'starting';

  constructor() {
    this.item.name = 'Weir';
    this.item.command = 'weir.client.menu';
    this.subscriptions = [
      this.item,
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.window.onDidChangeTextEditorSelection(() => this.show()),
      vscode.languages.onDidChangeDiagnostics(() => this.show()),
    ];
    this.show();
    this.item.show();
  }

  set(state: State): void {
    this.state = state;
    void vscode.commands.executeCommand('setContext', 'weir.running', state === 'running');
    this.show();
  }

  private show(): void {
    const editor = vscode.window.activeTextEditor;
    const here = editor ? findings(editor.document.uri) : [];
    const failed = this.state === 'stopped' || this.state === 'missing';
    this.item.text =
      this.state === 'starting' ? '$(sync~spin) Weir' : failed ? '$(circle-slash) Weir' : `$(shield) Weir ${here.length}`;
    this.item.tooltip =
      this.state === 'running' ? `${TOOLTIPS.running}: ${count(here.length)} in this file` : TOOLTIPS[this.state];
    this.item.backgroundColor = failed ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    void vscode.commands.executeCommand('setContext', 'weir.fileHasFindings', here.length > 0);
  }

  dispose(): void {
    this.subscriptions.forEach((subscription) => void subscription.dispose());
  }
}

function count(findings: number): string {
  return findings === 1 ? '1 finding' : `${findings} findings`;
}
