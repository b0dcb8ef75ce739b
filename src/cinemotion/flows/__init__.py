"""The order of the stages: a folder for each part of a film's way through the tool.

``building`` → ``importing`` → ``curating`` → ``labelling`` → ``splitting`` → ``versions``;
``auditing`` and ``looking`` show what came of it. Only here is it known which stage follows which.
"""
