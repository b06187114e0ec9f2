import * as vscode from 'vscode';
import { find } from './binary';

/** Runs `weir scan` on a folder as a task, which shows it in a terminal; its findings in files that are not open join the problems. */
export async function scanWorkspace(): Promise<void> {
  const folder = await chooseFolder();
  if (!folder) {
    return;
  }
  const binary = await find();
  if ('problem' in binary) {
    void vscode.window.showErrorMessage(`Weir cannot scan. ${binary.problem}`);
    return;
  }
  const rules = vscode.workspace.getConfiguration('weir', folder).get<string[]>('rules', []);
  const args = ['scan', ...rules.flatMap((rule) => ['--rules', rule]), '.'];
  const task = new vscode.Task(
    { type: 'weir', folder: folder.name },
    folder,
    'scan workspace',
    'weir',
    new vscode.ProcessExecution(binary.path, args, { cwd: folder.uri.fsPath }),
    '$weir',
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
