import * as path from 'node:path';
import * as vscode from 'vscode';
import { at, findings, type Finding, type Step } from './findings';

type Node = { finding: Finding } | { finding: Finding; step: Step; index: number };

/** The findings of the file in front as a tree: under each its path from source to sink. A click goes there. */
export class PathsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];
  /** The roots as they were last given out: `reveal` wants the same objects. */
  private roots: Node[] = [];

  constructor() {
    this.view = vscode.window.createTreeView('weir.paths', { treeDataProvider: this });
    this.subscriptions = [
      this.view,
      this.changed,
      vscode.window.onDidChangeActiveTextEditor(() => this.changed.fire()),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        const shown = vscode.window.activeTextEditor?.document.uri.toString();
        if (uris.some((uri) => uri.toString() === shown)) {
          this.changed.fire();
        }
      }),
    ];
  }

  /** Opens the view at the finding under the cursor, or says that there is none. */
  async showHere(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const here = editor && at(editor.document.uri, editor.selection.active)[0];
    if (!here) {
      void vscode.window.showInformationMessage('There is no finding of Weir at the cursor.');
      return;
    }
    const root = this.getChildren().find(
      ({ finding }) => finding.rule === here.rule && finding.range.isEqual(here.range),
    );
    if (root) {
      await this.view.reveal(root, { expand: true, focus: true, select: true });
    }
  }

  getChildren(parent?: Node): Node[] {
    if (parent) {
      const { finding } = parent;
      return 'step' in parent ? [] : finding.steps.map((step, index) => ({ finding, step, index }));
    }
    const uri = vscode.window.activeTextEditor?.document.uri;
    const now = uri ? findings(uri) : [];
    if (JSON.stringify(now) !== JSON.stringify(this.roots.map(({ finding }) => finding))) {
      this.roots = now.map((finding) => ({ finding }));
    }
    return this.roots;
  }

  getParent(node: Node): Node | undefined {
    return 'step' in node ? this.roots.find(({ finding }) => finding === node.finding) : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return 'step' in node ? stepItem(node) : findingItem(node.finding);
  }

  dispose(): void {
    this.subscriptions.forEach((subscription) => void subscription.dispose());
  }
}

function findingItem(finding: Finding): vscode.TreeItem {
  const { None, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(finding.rule, finding.steps.length ? Expanded : None);
  item.description = `line ${finding.range.start.line + 1}`;
  item.tooltip = finding.message;
  item.iconPath =
    finding.severity === vscode.DiagnosticSeverity.Error
      ? new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'))
      : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.command = goTo(new vscode.Location(finding.uri, finding.range));
  return item;
}

function stepItem({ finding, step, index }: Node & { step: Step; index: number }): vscode.TreeItem {
  const { uri, range } = step.location;
  const file = uri.toString() === finding.uri.toString() ? '' : `${path.basename(uri.path)}:`;
  const item = new vscode.TreeItem(`${file}${range.start.line + 1}: ${code(step.location)}`);
  item.description = step.message;
  item.tooltip = step.message;
  const last = index === finding.steps.length - 1;
  item.iconPath = new vscode.ThemeIcon(index === 0 ? 'debug-start' : last ? 'target' : 'arrow-down');
  item.command = goTo(step.location);
  return item;
}

function goTo({ uri, range }: vscode.Location): vscode.Command {
  return { command: 'weir.client.openStep', title: 'Go there', arguments: [uri, range] };
}

/** The code of a place on one line, if its file is open. */
function code({ uri, range }: vscode.Location): string {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  return document?.getText(range).replace(/\s+/g, ' ') ?? '';
}
