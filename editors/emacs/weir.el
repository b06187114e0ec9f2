;;; weir.el --- Security holes while you type -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: tools, languages
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Weir is a language server that finds security holes in the text as it stands.  This file tells Emacs's language clients of
;; it.  Nothing happens until you call one of:
;;
;;   (weir-eglot-setup)     Eglot: Weir is the server of the languages it reads.
;;   (weir-lsp-mode-setup)  lsp-mode: Weir runs beside the servers you have.
;;
;; Eglot talks to one server a buffer.  Where you want both Weir and another server, use lsp-mode, or give
;; `weir-eglot-modes' the languages for which you have no other.

;;; Code:

(defgroup weir nil
  "Security holes while you type."
  :group 'tools)

(defcustom weir-program '("weir" "lsp")
  "The server's program and its arguments."
  :type '(repeat string))

(defcustom weir-settings nil
  "Settings of the server, as a property list.
The keys are those of `docs/configuration.md', in camel case.  For example (:rules [\"/home/me/rules\"])."
  :type 'plist)

(defcustom weir-modes
  '(js-mode js-jsx-mode js-ts-mode js2-mode rjsx-mode typescript-mode typescript-ts-mode tsx-ts-mode
    python-mode python-ts-mode ruby-mode ruby-ts-mode enh-ruby-mode php-mode php-ts-mode java-mode java-ts-mode
    elixir-mode elixir-ts-mode heex-ts-mode html-mode html-ts-mode mhtml-mode web-mode vue-mode vue-ts-mode svelte-mode
    jinja2-mode yaml-mode yaml-ts-mode json-mode json-ts-mode js-json-mode)
  "The major modes of what Weir reads."
  :type '(repeat symbol))

(defcustom weir-eglot-modes weir-modes
  "The major modes in which Eglot starts Weir: one server a buffer."
  :type '(repeat symbol))

;;;; Eglot

(defvar eglot-server-programs)

(defun weir--eglot-contact (&optional _interactive _project)
  "The server as Eglot starts it, with `weir-settings' as they are now."
  (append weir-program (and weir-settings (list :initializationOptions weir-settings))))

;;;###autoload
(defun weir-eglot-setup ()
  "Make Weir the server that Eglot starts in `weir-eglot-modes'."
  (with-eval-after-load 'eglot
    (add-to-list 'eglot-server-programs (cons weir-eglot-modes #'weir--eglot-contact))))

;;;; lsp-mode

(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")

;;;###autoload
(defun weir-lsp-mode-setup ()
  "Have lsp-mode run Weir beside the other servers of a buffer, in `weir-modes'."
  (with-eval-after-load 'lsp-mode
    (lsp-register-client
     (make-lsp-client
      :server-id 'weir
      :add-on? t
      :priority -2
      :major-modes weir-modes
      :new-connection (lsp-stdio-connection (lambda () weir-program))
      :initialization-options (lambda () weir-settings)))))

(provide 'weir)
;;; weir.el ends here
