import * as vscode from 'vscode';
import { openConfiguration } from './configuration';
import { PathsView } from './paths';
import { scanWorkspace } from './scan';
import { Server } from './server';
import { Status } from './status';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const status = new Status();
  const paths = new PathsView();
  const running = (server = new Server(status));
  const commands: Record<string, (...given: never[]) => unknown> = {
    'weir.client.restart': () => running.restart(),
    'weir.client.showLog': () => running.log.show(),
    'weir.client.showPath': () => paths.showHere(),
    'weir.client.scanWorkspace': () => scanWorkspace(running),
    'weir.client.openConfiguration': () => openConfiguration(),
    'weir.client.menu': menu,
    'weir.client.openStep': (uri: vscode.Uri, range: vscode.Range) => vscode.window.showTextDocument(uri, { selection: range }),
  };
  context.subscriptions.push(
    status,
    paths,
    running,
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
  );
  await running.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** What the status item opens. */
async function menu(): Promise<void> {
  const entries = [
    { label: '$(list-tree) Findings in this file', command: 'weir.paths.focus' },
    { label: '$(git-pull-request-draft) Show path of the finding here', command: 'weir.client.showPath' },
    { label: '$(search) Scan workspace', command: 'weir.client.scanWorkspace' },
    { label: '$(gear) Open weir.toml', command: 'weir.client.openConfiguration' },
    { label: '$(output) Show log', command: 'weir.client.showLog' },
    { label: '$(debug-restart) Restart server', command: 'weir.client.restart' },
  ];
  const chosen = await vscode.window.showQuickPick(entries, { title: 'Weir' });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
