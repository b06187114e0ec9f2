;;; lsp_mode.el --- A finding in lsp-mode, and its fix -*- lexical-binding: t -*-

;; Run in batch: lsp-mode's own functions are called as its commands call them.

(require 'lsp-mode)
(require 'lsp-diagnostics)
(require 'weir)

(setq lsp-auto-guess-root t
      lsp-enabled-clients '(weir)
      lsp-enable-snippet nil
      lsp-diagnostics-provider :none
      lsp-enable-suggest-server-download nil
      make-backup-files nil
      create-lockfiles nil)
(weir-lsp-mode-setup)

(defun findings ()
  "Line, column and rule of each finding in the workspace."
  (let (all)
    (maphash (lambda (_file diagnostics)
               (dolist (diagnostic (append diagnostics nil))
                 (let ((start (lsp-get (lsp-get diagnostic :range) :start)))
                   (push (list (lsp-get start :line) (lsp-get start :character) (lsp-get diagnostic :code)) all))))
             (lsp-diagnostics t))
    all))

(defun wait-until (what)
  "Let the server speak until WHAT is so."
  (let ((end (+ (float-time) 60)))
    (while (not (funcall what))
      (when (> (float-time) end) (error "Nothing came in a minute"))
      (accept-process-output nil 0.05))))

(find-file "page.js")
(lsp-workspace-folders-add default-directory)
(lsp)
(goto-char (point-min))
(forward-line 1)
(end-of-line)
(insert "el.innerHTML = name;")
(wait-until #'findings)
(message "found %S" (findings))
(backward-char 5)
(lsp-execute-code-action
 (seq-find (lambda (action) (string= (lsp-get action :title) "Fix javascript-inner-html")) (lsp-code-actions-at-point)))
(wait-until (lambda () (null (findings))))
(save-buffer)
(message "saved")
;;; lsp_mode.el ends here
