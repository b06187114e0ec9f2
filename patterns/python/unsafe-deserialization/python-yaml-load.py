import yaml
from yaml import Loader, SafeLoader


def load(text):
    # ruleid: python-yaml-load
    first = yaml.load(text)
    # ruleid: python-yaml-load
    second = yaml.load(text, Loader=yaml.UnsafeLoader)
    # ruleid: python-yaml-load
    third = yaml.load(open(text), Loader=Loader)
    # ok: python-yaml-load
    fourth = yaml.load(text, Loader=SafeLoader)
    # ok: python-yaml-load
    fifth = yaml.load(text, Loader=yaml.CSafeLoader)
    # ok: python-yaml-load
    sixth = yaml.safe_load(text)
    return first, second, third, fourth, fifth, sixth


import yaml as y
from yaml import load as read


def other_names(text):
    # ruleid: python-yaml-load
    first = y.load(text)
    # ruleid: python-yaml-load
    return first, read(text)
