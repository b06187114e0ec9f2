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

def copy(value)
  text = YAML.dump(value)
  # ok: ruby-yaml-load
  first = YAML.load(text)
  # ok: ruby-yaml-load
  second = YAML.unsafe_load(value.to_yaml)
  other = value.to_yaml
  # ok: ruby-yaml-load
  third = YAML.load(other)
  # ruleid: ruby-yaml-load
  fourth = YAML.safe_load(value)
  [first, second, third, fourth]
end

def any_version(text)
  if YAML.respond_to?(:unsafe_load)
    # ruleid: ruby-yaml-load
    YAML.safe_load(text)
  else
    # ok: ruby-yaml-load
    YAML.load(text)
  end
end
