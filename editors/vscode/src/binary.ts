import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';

const NAME = process.platform === 'win32' ? 'weir.exe' : 'weir';

/** The program to start, or in words why there is none. */
export type Binary = { path: string } | { problem: string };

/** The setting's program if there is a setting, else the one on the `PATH`, else the one `cargo install` puts at home. */
export async function find(): Promise<Binary> {
  const setting = vscode.workspace.getConfiguration('weir').get<string>('path', '').trim();
  if (setting) {
    const wanted = resolve(setting);
    return (await isProgram(wanted))
      ? { path: wanted }
      : { problem: `The setting weir.path names ${wanted}, which is not a program.` };
  }
  for (const folder of folders()) {
    const candidate = path.join(folder, NAME);
    if (await isProgram(candidate)) {
      return { path: candidate };
    }
  }
  return { problem: 'The program weir is not on your PATH.' };
}

function resolve(setting: string): string {
  if (/^~[/\\]/.test(setting)) {
    return path.join(os.homedir(), setting.slice(2));
  }
  return path.resolve(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.homedir(), setting);
}

/** An editor that was started from a desktop often does not have the shell's `PATH`: Cargo's folder is looked at as well. */
function folders(): string[] {
  const cargo = process.env['CARGO_HOME'] ?? path.join(os.homedir(), '.cargo');
  return [...(process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean), path.join(cargo, 'bin')];
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}
