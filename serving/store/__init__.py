"""What people do in the review room: accounts, decisions, releases and the trail of who saw what.

Published folders stay the source of lists. Plain functions take a session and the person who asks, and give frozen
values; for whom a person may ask is part of every query.
"""
