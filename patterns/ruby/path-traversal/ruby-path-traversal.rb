class FilesController < ApplicationController
  FOLDER = Rails.root.join("files").to_s

  def download
    # ruleid: ruby-path-traversal
    send_file("#{FOLDER}/#{params[:name]}")
  end

  def attachment
    name = File.basename(params[:name])
    # ok: ruby-path-traversal
    send_file("#{FOLDER}/#{name}", disposition: "attachment")
  end

  def show
    path = FOLDER + "/" + params[:path]
    # ruleid: ruby-path-traversal
    @text = File.read(path)
    # ok: ruby-path-traversal
    @help = File.read("#{FOLDER}/help.txt")
  end

  def page
    number = params[:number].to_i
    # ok: ruby-path-traversal
    @page = File.read("#{FOLDER}/pages/#{number}.html")
  end

  def destroy
    file = params[:file]
    unless file.blank?
      # ruleid: ruby-path-traversal
      File.delete(File.join(FOLDER, file))
    end
    redirect_to files_path
  end

  def upload
    upload = params[:upload]
    # ruleid: ruby-path-traversal
    File.open("/srv/uploads/" + upload.original_filename, "wb") do |file|
      file.write(upload.read)
    end
    # ok: ruby-path-traversal
    File.open("/srv/uploads/#{SecureRandom.uuid}", "wb") do |file|
      file.write(upload.read)
    end
  end
end

get "/docs/*" do
  # ruleid: ruby-path-traversal
  send_file File.join("docs", params["splat"].first)
end

TABLE = { "a" => "first", "b" => "second" }.freeze

def own_values(params)
  # ok: ruby-path-traversal
  File.read(params)
end

def looked_up
  # ok: ruby-path-traversal
  File.read(TABLE[params[:key]])
  # ruleid: ruby-path-traversal
  File.read(params[:key])
end
