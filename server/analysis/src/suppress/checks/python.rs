//! Bandit's tests, which Ruff and Flake8 have as well.

use super::{classes, exact};
use weir_model::Weakness;

/// Bandit's tests, by number and by name.
const BANDIT: &[(u16, &str, &[u16])] = &[
    (101, "assert_used", &[703]),
    (102, "exec_used", &[94]),
    (103, "set_bad_file_permissions", &[732]),
    (104, "hardcoded_bind_all_interfaces", &[605]),
    (105, "hardcoded_password_string", &[798]),
    (106, "hardcoded_password_funcarg", &[798]),
    (107, "hardcoded_password_default", &[798]),
    (108, "hardcoded_tmp_directory", &[377]),
    (110, "try_except_pass", &[703]),
    (112, "try_except_continue", &[703]),
    (113, "request_without_timeout", &[400]),
    (201, "flask_debug_true", &[94, 489, 215]),
    (202, "tarfile_unsafe_members", &[22]),
    (301, "pickle", &[502]),
    (302, "marshal", &[502]),
    (303, "md5", &[327]),
    (304, "ciphers", &[327]),
    (305, "cipher_modes", &[327]),
    (306, "mktemp_q", &[377]),
    (307, "eval", &[94, 78]),
    (308, "mark_safe", &[79]),
    (310, "urllib_urlopen", &[22, 918]),
    (311, "random", &[330]),
    (312, "telnetlib", &[319]),
    (313, "xml_bad_cElementTree", &[611]),
    (314, "xml_bad_ElementTree", &[611]),
    (315, "xml_bad_expatreader", &[611]),
    (316, "xml_bad_expatbuilder", &[611]),
    (317, "xml_bad_sax", &[611]),
    (318, "xml_bad_minidom", &[611]),
    (319, "xml_bad_pulldom", &[611]),
    (320, "xml_bad_etree", &[611]),
    (321, "ftplib", &[319]),
    (323, "unverified_context", &[295]),
    (324, "hashlib", &[327]),
    (401, "import_telnetlib", &[319]),
    (402, "import_ftplib", &[319]),
    (403, "import_pickle", &[502]),
    (404, "import_subprocess", &[78]),
    (405, "import_xml_etree", &[611]),
    (406, "import_xml_sax", &[611]),
    (407, "import_xml_expat", &[611]),
    (408, "import_xml_minidom", &[611]),
    (409, "import_xml_pulldom", &[611]),
    (410, "import_lxml", &[611]),
    (411, "import_xmlrpclib", &[611]),
    (412, "import_httpoxy", &[284]),
    (413, "import_pycrypto", &[327]),
    (415, "import_pyghmi", &[319]),
    (501, "request_with_no_cert_validation", &[295]),
    (502, "ssl_with_bad_version", &[327]),
    (503, "ssl_with_bad_defaults", &[327]),
    (504, "ssl_with_no_version", &[327]),
    (505, "weak_cryptographic_key", &[326]),
    (506, "yaml_load", &[502]),
    (507, "ssh_no_host_key_verification", &[295]),
    (508, "snmp_insecure_version", &[319]),
    (509, "snmp_weak_cryptography", &[319]),
    (601, "paramiko_calls", &[78]),
    (602, "subprocess_popen_with_shell_equals_true", &[78]),
    (603, "subprocess_without_shell_equals_true", &[78]),
    (604, "any_other_function_with_shell_equals_true", &[78]),
    (605, "start_process_with_a_shell", &[78]),
    (606, "start_process_with_no_shell", &[78]),
    (607, "start_process_with_partial_path", &[78]),
    (608, "hardcoded_sql_expressions", &[89]),
    (609, "linux_commands_wildcard_injection", &[78, 155]),
    (610, "django_extra_used", &[89]),
    (611, "django_rawsql_used", &[89]),
    (612, "logging_config_insecure_listen", &[94]),
    (613, "trojansource", &[838]),
    (614, "pytorch_load", &[502]),
    (615, "huggingface_unsafe_download", &[494]),
    (701, "jinja2_autoescape_false", &[79, 94]),
    (702, "use_of_mako_templates", &[79]),
    (703, "django_mark_safe", &[79]),
    (704, "markupsafe_markup_xss", &[79]),
];

/// Whether a word is the id or the name of one of Bandit's tests.
pub(in crate::suppress) fn is_bandit_test(word: &str) -> bool {
    bandit_number(word).is_some() || BANDIT.iter().any(|(_, name, _)| *name == word)
}

fn bandit_number(word: &str) -> Option<u16> {
    let digits = word.strip_prefix(['B', 'b'])?;
    digits.parse().ok().filter(|_| digits.len() == 3)
}

pub(super) fn bandit(id: &str) -> Vec<Weakness> {
    let number = bandit_number(id);
    let found = BANDIT.iter().find(|(of, name, _)| number == Some(*of) || *name == id);
    found.map_or_else(Vec::new, |(_, _, cwes)| classes(cwes))
}

/// Ruff has Bandit's tests as `S...`, and names of its own for some of them. Flake8 takes the beginning of a code for all
/// codes that begin so.
pub(super) fn ruff(id: &str) -> Vec<Weakness> {
    if let Some(digits) = id.strip_prefix(['S', 's']).filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) {
        let starts = |number: u16| number.to_string().starts_with(digits);
        return BANDIT.iter().filter(|(number, ..)| starts(*number)).flat_map(|(.., cwes)| classes(cwes)).collect();
    }
    let name = id.replace('-', "_");
    let own = exact(RUFF, id);
    if own.is_empty() { bandit(&name) } else { own }
}

const RUFF: super::Checks = &[
    ("exec-builtin", &[94]),
    ("bad-file-permissions", &[732]),
    ("hardcoded-bind-all-interfaces", &[605]),
    ("hardcoded-password-func-arg", &[798]),
    ("hardcoded-temp-file", &[377]),
    ("suspicious-pickle-usage", &[502]),
    ("suspicious-marshal-usage", &[502]),
    ("suspicious-insecure-hash-usage", &[327]),
    ("suspicious-insecure-cipher-usage", &[327]),
    ("suspicious-insecure-cipher-mode-usage", &[327]),
    ("suspicious-mktemp-usage", &[377]),
    ("suspicious-eval-usage", &[94, 78]),
    ("suspicious-mark-safe-usage", &[79]),
    ("suspicious-url-open-usage", &[22, 918]),
    ("suspicious-non-cryptographic-random-usage", &[330]),
    ("suspicious-telnet-usage", &[319]),
    ("suspicious-ftp-lib-usage", &[319]),
    ("suspicious-unverified-context-usage", &[295]),
    ("suspicious-xml-element-tree-usage", &[611]),
    ("suspicious-xmle-tree-usage", &[611]),
    ("suspicious-xml-sax-usage", &[611]),
    ("suspicious-xml-mini-dom-usage", &[611]),
    ("hashlib-insecure-hash-function", &[327]),
    ("insecure-hash-function", &[327]),
    ("unsafe-yaml-load", &[502]),
    ("paramiko-call", &[78]),
    ("call-with-shell-equals-true", &[78]),
    ("hardcoded-sql-expression", &[89]),
    ("unix-command-wildcard-injection", &[78, 155]),
    ("django-extra", &[89]),
    ("django-raw-sql", &[89]),
    ("mako-templates", &[79]),
    ("unsafe-markup-use", &[79]),
    ("ssl-insecure-version", &[327]),
    ("weak-cryptographic-key", &[326]),
];
