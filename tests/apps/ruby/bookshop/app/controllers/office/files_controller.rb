require "open3"
require "shellwords"

module Office
  class FilesController < ApplicationController
    before_action :staff_only

    def index
      pattern = params[:pattern].to_s
      # ok: ruby-command-injection
      @sizes, _status = Open3.capture2("du", "-sh", "--", pattern)
      # ok: ruby-command-injection
      @names = `ls uploads`.split("\n")
    end

    def show
      name = params[:id]
      @kind = nil
      unless name.start_with?(".")
        # ruleid: ruby-command-injection
        @kind = `file uploads/#{name}`
      end
      # ok: ruby-command-injection
      @sum = `sha256sum uploads/#{Shellwords.escape(name)}`
    end

    def create
      upload = params[:upload]
      # ok: ruby-path-traversal
      File.open("uploads/#{SecureRandom.uuid}", "wb") { |file| file.write(upload.read) }
      archive = "uploads/" + upload.original_filename
      # ruleid: ruby-command-injection
      system("unzip -o #{archive} -d uploads")
      # ok: ruby-command-injection
      system("unzip", "-o", archive, "-d", "uploads")
      head :created
    end

    def destroy
      # ruleid: ruby-path-traversal
      FileUtils.rm_rf(File.join("uploads", params[:id]))
      head :no_content
    end
  end
end
