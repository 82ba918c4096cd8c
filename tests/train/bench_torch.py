"""bench_torch.py CELL INPUT HIDDEN STEPS BATCH THREADS -- sequences a second of python3-torch: forward, mean square
error, backward, Adam; the median of whole batches."""
import statistics
import sys
import time

import torch

cell, (n_in, hidden, steps, batch, threads) = sys.argv[1], map(int, sys.argv[2:])
torch.set_num_threads(threads)
module = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM, "rnn": torch.nn.RNN}[cell](n_in, hidden)
adam = torch.optim.Adam(module.parameters(), 1e-3)
x, target = torch.randn(steps, batch, n_in), torch.randn(steps, batch, hidden)
times = []
while len(times) < 9 or sum(times) < 3:
    begin = time.perf_counter()
    adam.zero_grad()
    torch.nn.functional.mse_loss(module(x)[0], target).backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1)
    adam.step()
    times.append(time.perf_counter() - begin)
print(batch / statistics.median(times[3:]))
