require "yaml"

def settings(text)
  # ruleid: ruby-yaml-load
  first = YAML.safe_load(text)
  # ruleid: ruby-yaml-load
  second = YAML.safe_load(File.read(text))
  # ok: ruby-yaml-load
  third = YAML.safe_load(text, permitted_classes: [Date])
  # ok: ruby-yaml-load
  fourth = YAML.load("a: 1")
  # ok: ruby-yaml-load
  fifth = JSON.load(text)
  [first, second, third, fourth, fifth]
end
