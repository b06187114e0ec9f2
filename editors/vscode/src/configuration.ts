import * as vscode from 'vscode';

const NAME = 'weir.toml';

/** Opens the `weir.toml` that counts for the file in front, or offers to make one. */
export async function openConfiguration(): Promise<void> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const folder = (active && vscode.workspace.getWorkspaceFolder(active)) ?? vscode.workspace.workspaceFolders?.[0];
  if (!folder) {
    void vscode.window.showInformationMessage(`${NAME} belongs to a folder: open one first.`);
    return;
  }
  const nearest = await nearestUpwards(active ?? folder.uri, folder.uri);
  if (nearest) {
    await vscode.window.showTextDocument(nearest);
    return;
  }
  const create = `Create ${NAME}`;
  if ((await vscode.window.showInformationMessage(`${folder.name} has no ${NAME}.`, create)) === create) {
    const file = vscode.Uri.joinPath(folder.uri, NAME);
    await vscode.workspace.fs.writeFile(file, new Uint8Array());
    await vscode.window.showTextDocument(file);
  }
}

/** The file of that name in the place's folder or one above it, no higher than the workspace's. */
async function nearestUpwards(place: vscode.Uri, root: vscode.Uri): Promise<vscode.Uri | undefined> {
  for (let folder = vscode.Uri.joinPath(place, '..'); ; folder = vscode.Uri.joinPath(folder, '..')) {
    const inside = folder.path.startsWith(`${root.path}/`);
    const file = vscode.Uri.joinPath(inside ? folder : root, NAME);
    if (await exists(file)) {
      return file;
    }
    if (!inside) {
      return undefined;
    }
  }
}

async function exists(file: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(file);
    return true;
  } catch {
    return false;
  }
}
