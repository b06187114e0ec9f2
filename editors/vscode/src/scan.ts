import * as vscode from 'vscode';
import { find } from './binary';

/**
 * Runs `weir scan` on a folder as a task, whose terminal keeps what it says. Its findings in files that are not open join the
 * problems: for an open one the server tells what is in the text as it stands.
 */
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
  task.presentationOptions = { clear: true, showReuseMessage: false, reveal: vscode.TaskRevealKind.Silent };
  const title = `Weir: scanning ${folder.name}`;
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  await vscode.window.withProgress(options, async (_, cancelled) => {
    const execution = await vscode.tasks.executeTask(task);
    cancelled.onCancellationRequested(() => execution.terminate());
    await ended(execution);
  });
  await vscode.commands.executeCommand('workbench.actions.view.problems');
}

function ended(execution: vscode.TaskExecution): Promise<void> {
  return new Promise((resolve) => {
    const subscription = vscode.tasks.onDidEndTask((event) => {
      if (event.execution === execution) {
        subscription.dispose();
        resolve();
      }
    });
  });
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    void vscode.window.showInformationMessage('Open a folder to scan it.');
  }
  return folders.length > 1 ? vscode.window.showWorkspaceFolderPick() : folders[0];
}
