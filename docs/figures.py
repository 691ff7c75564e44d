"""Prints the open figures of matplotlib into the page, and closes them."""

from io import StringIO

from matplotlib import pyplot as plt

for number in plt.get_fignums():
    picture = StringIO()
    plt.figure(number).savefig(picture, format="svg", metadata={"Date": None})
    print(picture.getvalue().partition("<svg")[1] + picture.getvalue().partition("<svg")[2])
plt.close("all")
