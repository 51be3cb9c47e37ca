"""Functions of one's own as classifiers: pictures to probabilities, by code that facelib can't look into.

`terms` says how a function is asked, `calling` asks it once, `answers` checks what comes back, `book` keeps
answers, rate and cost for all processes of a session, `function` is the classifier, and `making` makes it.
"""
