import * as vscode from 'vscode';
import { find } from './binary';
import type { Server } from './server';

/**
 * Runs `weir scan` on a folder as a task, whose terminal shows the findings with their paths. Where the server does not look at
 * files that are not open by itself, the findings in those join the problems.
 */
export async function scanWorkspace(server: Server): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) {
    return;
  }
  const binary = await find();
  if ('problem' in binary) {
    void vscode.window.showErrorMessage(`Weir cannot scan. ${binary.problem}`);
    return;
  }
  const settings = vscode.workspace.getConfiguration('weir', folder);
  const rules = settings.get<string[] | null>('rules') ?? [];
  const args = ['scan', ...rules.flatMap((rule) => ['--rules', rule]), '.'];
  const task = new vscode.Task(
    { type: 'weir', folder: folder.name },
    folder,
    'scan workspace',
    'weir',
    new vscode.ProcessExecution(binary.path, args, { cwd: folder.uri.fsPath }),
    server.scansWorkspace(folder) ? [] : '$weir',
  );
  task.presentationOptions = { clear: true, showReuseMessage: false };
  await vscode.tasks.executeTask(task);
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    void vscode.window.showInformationMessage('Open a folder to scan it.');
  }
  return folders.length > 1 ? vscode.window.showWorkspaceFolderPick() : folders[0];
}
