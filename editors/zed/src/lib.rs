//! Tells Zed how to start `weir lsp`, and hands it the settings of `lsp.weir`.

use zed_extension_api::settings::{CommandSettings, LspSettings};
use zed_extension_api::{
    Command, Extension, LanguageServerId, Result, Worktree, register_extension, serde_json::Value, serde_json::json,
};

/// What the server is started with, unless the settings say otherwise.
const ARGUMENTS: [&str; 1] = ["lsp"];

struct Weir;

impl Extension for Weir {
    fn new() -> Self {
        Self
    }

    /// The program on the `PATH` of the project's shell, with what `lsp.weir.binary` says of it. One whose `path` is set there is
    /// started by Zed as it stands, without a question to here.
    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree)?.binary;
        let CommandSettings { path, arguments, env } =
            binary.unwrap_or(CommandSettings { path: None, arguments: None, env: None });
        let command = path.or_else(|| worktree.which("weir")).ok_or(
            "the program `weir` is not on the PATH: install it, or set `path` and `arguments` (`lsp`) in `lsp.weir.binary`",
        )?;
        let mut environment = worktree.shell_env();
        environment.extend(env.unwrap_or_default());
        let args = arguments.unwrap_or_else(|| ARGUMENTS.map(String::from).to_vec());
        Ok(Command { command, args, env: environment })
    }

    fn language_server_initialization_options(
        &mut self,
        server: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<Value>> {
        Ok(LspSettings::for_worktree(server.as_ref(), worktree)?.initialization_options)
    }

    /// The server asks for its section, which Zed looks up in what it is given here.
    fn language_server_workspace_configuration(
        &mut self,
        server: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<Value>> {
        let settings = LspSettings::for_worktree(server.as_ref(), worktree)?.settings;
        Ok(settings.map(|settings| json!({ "weir": settings })))
    }
}

register_extension!(Weir);
